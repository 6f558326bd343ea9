import express from 'express'
express().get('/', (_, answer) => answer.send('tea')).listen(3000)
