require('fs').mkdirSync('node_modules/.cache');
