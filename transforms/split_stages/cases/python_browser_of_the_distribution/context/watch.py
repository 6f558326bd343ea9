from selenium import webdriver
webdriver.Chrome().get("https://example.org")
