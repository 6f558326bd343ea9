int fd = open("/srv/c/out", O_WRONLY | O_CREAT, 0644);
