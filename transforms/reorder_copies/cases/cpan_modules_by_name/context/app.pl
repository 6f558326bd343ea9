print "hello";
