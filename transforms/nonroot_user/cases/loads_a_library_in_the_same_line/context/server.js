require('fs').mkdirSync(require('path').join(__dirname, '..', 'state'), { recursive: true });
