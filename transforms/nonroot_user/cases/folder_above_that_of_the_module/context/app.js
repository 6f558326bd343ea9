const fs=require('fs'),path=require('path');
const dir=path.join(__dirname,'..','uploads');
fs.mkdirSync(dir,{recursive:true});
fs.writeFileSync(path.join(dir,'x'),'x');
console.log('ok');
