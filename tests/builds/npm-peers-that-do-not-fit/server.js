const http = require('http')
const react = require('react')

http.createServer((_, answer) => answer.end(`pot ${react.version}`)).listen(3000)
