git pull origin plans
