import selenium
