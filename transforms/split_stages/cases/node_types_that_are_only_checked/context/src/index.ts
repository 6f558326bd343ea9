import Conf from 'conf';

console.log(new Conf({ projectName: 'bot' }).size);
