// SPDX-License-Identifier: Apache-2.0

// Command make draws the world map of the portal: it reads the public-domain
// Natural Earth countries as TopoJSON (npm world-atlas 2.0.2), projects and
// simplifies them, adds Quần đảo Hoàng Sa and Quần đảo Trường Sa from their
// coordinates, and writes web/map/world.json, which is committed.
//
//	npm install --prefix .cache/map world-atlas@2.0.2
//	go run ./web/map/make -atlas .cache/map/node_modules/world-atlas
//
// The de-facto data leaves the two archipelagos out, so they are put in here.
// No other claims are drawn. Nothing is asked of the network.
package main
