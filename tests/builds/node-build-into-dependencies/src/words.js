module.exports = "made by the build";
