// writes src/constants.js
