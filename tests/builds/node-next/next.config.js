module.exports = { generateBuildId: () => "one" };
