const app = require('express')();
app.get('/healthz', (q, s) => s.send('ok'));
router.get('/ping', x);
