const { keep } = require('./lib/pages');

keep('start', '<p>hello</p>');
