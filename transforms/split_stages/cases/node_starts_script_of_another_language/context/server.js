const { spawnSync } = require('child_process');
console.log(spawnSync('./scripts/report.py', []).stdout.toString());
