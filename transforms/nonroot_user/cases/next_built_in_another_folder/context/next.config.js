module.exports = { distDir: 'build' }
