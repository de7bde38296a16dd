// What CAP does not do by itself: ids, a set of all documents, bodies of versions (sed.md section 4).
const cds = require('@sap/cds')
const express = require('express')

let last = 100
const bodies = new Map()
const account = 'Basic ' + Buffer.from('sedlink:stand-directum').toString('base64')
const BODY = /^\/Integration\/odata\/\w+\(\d+\)\/Versions\((\d+)\)\/Body$/

cds.on('bootstrap', app => {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, '127.0.0.1', ...rest) // CAP itself takes every interface
  app.use((req, res, next) => {
    if (req.originalUrl.split('?')[1]?.includes('+')) return res.status(400).json({ error: { message: 'plus in a query' } })
    next()
  })
  app.post(BODY, express.json({ limit: '512mb' }), (req, res) => {
    if (req.headers.authorization !== account) return res.status(401).end()
    if (typeof req.body.Value !== 'string') return res.status(400).json({ error: { message: 'Value is wanted' } })
    bodies.set(req.path.match(BODY)[1], req.body.Value)
    res.status(204).end()
  })
  app.get(BODY, (req, res) => {
    if (req.headers.authorization !== account) return res.status(401).end()
    // OData v4 writes Edm.Binary in the alphabet for URLs
    const value = bodies.get(req.path.match(BODY)[1])
    res.json({ Value: value === undefined ? null : Buffer.from(value, 'base64').toString('base64url') })
  })
})

cds.on('serving', service => {
  if (service.name !== 'Integration') return
  service.before('CREATE', '*', req => { req.data.Id = ++last })
  service.after('CREATE', ['IRequests', 'IOutgoingRequestLetters'], async (made, req) => {
    await INSERT.into('Integration.IOfficialDocuments').entries({ Id: req.data.Id, Name: req.data.Name })
  })
})

module.exports = cds.server
