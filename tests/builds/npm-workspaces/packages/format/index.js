const ms = require("ms");
module.exports = () => `${ms(60000)} from the workspace`;
