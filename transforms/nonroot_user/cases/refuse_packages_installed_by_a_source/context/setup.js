const { execSync } = require('child_process');

execSync(`apt-get install -y ${process.env.EXTRA}`);
