path('/srv/perl/out')->spew('x');
