import { chromium } from 'playwright-core'
import { existsSync } from 'node:fs'
const exe=[process.env.ETSEF_CHROMIUM,'/usr/bin/chromium','/usr/bin/chromium-browser','/usr/bin/google-chrome'].find(p=>p&&existsSync(p))
const file=process.argv[2]??'/tmp/h15/a.html'
const b=await chromium.launch({executablePath:exe,args:['--no-sandbox']})
for(const [name,o] of [['light',{colorScheme:'light',viewport:{width:1280,height:900}}],['dark',{colorScheme:'dark',viewport:{width:1280,height:900}}],['phone',{colorScheme:'light',viewport:{width:390,height:844},deviceScaleFactor:2}]]){
 const c=await b.newContext(o);const t=await c.newPage();const s=performance.now();await t.goto('file://'+file);
 const fp=await t.evaluate("performance.getEntriesByType('paint').map(e=>e.name+' '+e.startTime.toFixed(0)).join()")
 console.log(name,fp, await t.evaluate('document.body.scrollHeight'))
 await t.screenshot({path:`/tmp/h15/${name}.png`,fullPage:true});await c.close()}
const p=await b.newPage();await p.goto('file://'+file);await p.pdf({path:'/tmp/h15/print.pdf',format:'A4'});await b.close()
