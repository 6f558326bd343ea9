void main() => File('/srv/dart/out').writeAsStringSync('x');
