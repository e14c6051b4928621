// SPDX-License-Identifier: Apache-2.0

package main

// places overrides where arcs end: longitude and latitude, common knowledge.
var places = map[string]point{
	"VN": {107.6, 16.2}, // the middle of the coast; the centre of the S lies in Laos
	"US": {-98 + 360, 39},
	"CA": {-100 + 360, 53},
	"RU": {60, 57},
	"FR": {2.5, 46.7},
	"NO": {9.5, 61},
	"CL": {-71 + 360, -33.5},
	"ID": {110, -7.2},
	"MY": {102, 4},
	"JP": {138, 36},
	"NZ": {172.5, -42},
	"HR": {16, 45.6},
}

// Islets of the two archipelagos: longitude, latitude.
var hoangSa = []point{
	{112.34, 16.83}, // Đảo Phú Lâm
	{112.73, 16.67}, // Đảo Linh Côn
	{111.61, 16.53}, // Đảo Hoàng Sa
	{111.20, 15.78}, // Đảo Tri Tôn
	{111.77, 16.45}, // Đảo Quang Hòa
}

var truongSa = []point{
	{111.92, 8.64},  // Đảo Trường Sa
	{114.33, 9.88},  // Đảo Sinh Tồn
	{114.37, 10.38}, // Đảo Nam Yết
	{114.33, 11.43}, // Đảo Song Tử Tây
	{114.37, 10.72}, // Đảo Loại Ta
	{112.92, 7.89},  // Đảo An Bang
	{113.24, 10.38}, // Đảo Chữ Thập
	{115.80, 9.72},  // Đảo Vĩnh Viễn and its neighbours
}

// archipelagos gives the dots and where the names stand: to the right, over
// open sea.
func archipelagos(s sheet) []islands {
	make1 := func(id string, at []point, name point) islands {
		out := islands{ID: id, Of: "VN"}
		for _, p := range at {
			q := s.at(p)
			out.Dots = append(out.Dots, [2]int{int(q.x), int(q.y)})
		}
		q := s.at(name)
		out.X, out.Y = int(q.x), int(q.y)
		return out
	}
	return []islands{
		make1("hoang-sa", hoangSa, point{113.6, 16.4}),
		make1("truong-sa", truongSa, point{116.6, 9.4}),
	}
}
