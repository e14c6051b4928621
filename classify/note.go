// SPDX-License-Identifier: Apache-2.0

package classify

import (
	"haidang/classify/pack"
	"haidang/event"
)

// noteTexts tells what had to be decided about a label.
var noteTexts = map[event.Note]pack.Text{
	event.NoteUnlabelled:     {VI: "Không có nhãn mức chia sẻ: coi là T4.", EN: "No tier is said: taken as T4."},
	event.NoteContradictory:  {VI: "Các nhãn mâu thuẫn: lấy nhãn chặt nhất.", EN: "Labels contradict each other: the strictest holds."},
	event.NoteOpenButNamed:   {VI: "Ghi là mở nhưng lại nêu đối tượng: coi là chỉ dành cho đối tượng ấy.", EN: "Said to be open, yet with an audience: taken as for that audience only."},
	event.NoteImportant:      {VI: "Dữ liệu quan trọng hoặc cốt lõi: coi là T4.", EN: "Important or core data: taken as T4."},
	event.NoteNoDossier:      {VI: "Ghi là được chuyển ra nước ngoài nhưng thiếu hồ sơ hoặc bên nhận: coi là không được chuyển.", EN: "Said to be approved for abroad, without a dossier or a recipient: taken as not for abroad."},
	event.NoteUnknownMarking: {VI: "Có nhãn không rõ nghĩa: coi là mức chặt nhất.", EN: "A label that nobody knows: taken as the strictest."},
}

// NoteText gives the text of a note in both languages.
func NoteText(n event.Note) pack.Text { return noteTexts[n] }
