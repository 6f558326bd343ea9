open(newunit=u, file='/srv/fortran/result.dat')
