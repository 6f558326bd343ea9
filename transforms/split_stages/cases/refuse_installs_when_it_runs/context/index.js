const { execSync } = require('child_process');

for (const name of process.env.PLUGINS.split(',')) {
  execSync(`npm install --no-save ${name}`);
}
