library(tools)
