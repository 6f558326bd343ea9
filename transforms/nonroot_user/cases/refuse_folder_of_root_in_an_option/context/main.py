from selenium import webdriver

options = webdriver.ChromeOptions()
options.add_argument("--user-data-dir=/root/profile")
webdriver.Chrome(options=options)
