// SPDX-License-Identifier: Apache-2.0

package classify

import "haidang/classify/pack"

// Reason says why a decision was made. Reasons are told to the viewer: none of
// them tells that a record exists, they speak of classes of records only.
type Reason uint8

// Reasons to give.
const (
	ByHolding    Reason = iota // the viewer's organisation owns or received it
	ByName                     // the label names the viewer
	ByOwnSide                  // the affected side is the viewer's organisation's
	ByDelivery                 // the same, by the source's recorded permission
	ByOpenness                 // open to everybody
	ByState                    // shared among State bodies
	ByCommunity                // shared in the viewer's community
	ByClient                   // shared with the clients of a named organisation
	BySector                   // another's incident in the viewer's sector
	ByKind                     // another's incident of a kind that the viewer follows
	ByOperation                // counts for whoever runs the machine
	ByFigures                  // counts in open figures
	LessPersonal               // personal data taken away
	LessOthers                 // who the others are taken away
	LessPartner                // the partner's agreement takes more away
	LessPasskey                // sensitive data are shown after a passkey
)

// Reasons to refuse.
const (
	NotSecret    Reason = iota + 64 // a state secret: nobody, through this system
	NotAgreed                       // its source has no agreement
	NotAnybody                      // the label's audience is empty
	NotPurpose                      // the token is not for this purpose
	NotAbroad                       // may not cross the border
	NotPartner                      // beyond what the partner's agreement allows
	NotSteady                       // T3 and above need a passkey shown within minutes
	NotActive                       // PAP does not allow active measures
	NotTier                         // the viewer is not among those whom the tier admits
	NotAudience                     // the viewer is not among those whom the label names
	NotYours                        // the affected side is not the viewer's organisation's
	NotFollowed                     // of no sector or kind that the viewer follows
	NotDelivered                    // the source did not permit delivery
	NotOpenInput                    // the source did not agree to open figures
	NotRecords                      // the viewer's roles read no records
)

type reasonText struct {
	code string
	text pack.Text
}

var reasonTexts = map[Reason]reasonText{
	ByHolding:    {"holding", pack.Text{VI: "Tổ chức của bạn là nơi sở hữu hoặc đã nhận dữ liệu này.", EN: "Your organisation owns these data or received them."}},
	ByName:       {"named", pack.Text{VI: "Nhãn nêu đích danh bạn hoặc tổ chức của bạn.", EN: "The label names you or your organisation."}},
	ByOwnSide:    {"own-side", pack.Text{VI: "Bên bị ảnh hưởng thuộc tổ chức của bạn.", EN: "The affected side is your organisation's."}},
	ByDelivery:   {"delivery", pack.Text{VI: "Bên bị ảnh hưởng thuộc tổ chức của bạn, và nguồn tin đã cho phép chuyển cho bạn.", EN: "The affected side is your organisation's, and the source permitted delivery to you."}},
	ByOpenness:   {"open", pack.Text{VI: "Dữ liệu mở, dành cho mọi người.", EN: "Open data, for everybody."}},
	ByState:      {"state", pack.Text{VI: "Dữ liệu dùng chung giữa các cơ quan Đảng và Nhà nước.", EN: "Data shared among Party and State bodies."}},
	ByCommunity:  {"community", pack.Text{VI: "Dữ liệu dùng chung trong cộng đồng mà bạn là thành viên.", EN: "Data shared in a community that you belong to."}},
	ByClient:     {"client", pack.Text{VI: "Dữ liệu dành cho một tổ chức được nêu tên và khách hàng của tổ chức đó, trong đó có bạn.", EN: "Data for a named organisation and its clients, of which you are one."}},
	BySector:     {"sector", pack.Text{VI: "Sự cố của tổ chức khác trong lĩnh vực của bạn.", EN: "An incident of another organisation in your sector."}},
	ByKind:       {"kind", pack.Text{VI: "Sự cố của tổ chức khác, thuộc loại mà bạn theo dõi.", EN: "An incident of another organisation, of a kind that you follow."}},
	ByOperation:  {"operation", pack.Text{VI: "Số đếm phục vụ vận hành hệ thống.", EN: "Counts for running the system."}},
	ByFigures:    {"figures", pack.Text{VI: "Được tính vào số liệu công bố.", EN: "Counts in open figures."}},
	LessPersonal: {"less-personal", pack.Text{VI: "Dữ liệu cá nhân đã được lược bỏ.", EN: "Personal data were taken away."}},
	LessOthers:   {"less-others", pack.Text{VI: "Thông tin cho biết các bên khác là ai đã được lược bỏ.", EN: "What tells who the others are was taken away."}},
	LessPartner:  {"less-partner", pack.Text{VI: "Thỏa thuận với đối tác lược bỏ thêm một số trường.", EN: "The agreement with the partner takes further fields away."}},
	LessPasskey:  {"less-passkey", pack.Text{VI: "Dữ liệu cá nhân nhạy cảm chỉ hiện đầy đủ sau khi xác thực bằng khóa truy cập (passkey).", EN: "Sensitive personal data are shown in full after a passkey only."}},

	NotSecret:    {"state-secret", pack.Text{VI: "Bí mật nhà nước không được đưa qua hệ thống này.", EN: "State secrets do not pass through this system."}},
	NotAgreed:    {"no-agreement", pack.Text{VI: "Dữ liệu từ nguồn chưa có thỏa thuận thì không ai được xem.", EN: "Nobody reads data of a source without an agreement."}},
	NotAnybody:   {"empty-audience", pack.Text{VI: "Nhãn này không dành cho ai.", EN: "Such a label admits nobody."}},
	NotPurpose:   {"token-scope", pack.Text{VI: "Mã truy cập này không dùng được cho mục đích đó.", EN: "This token is not good for that purpose."}},
	NotAbroad:    {"abroad", pack.Text{VI: "Dữ liệu có nhãn này không được chuyển ra nước ngoài.", EN: "Data of this label may not be sent abroad."}},
	NotPartner:   {"partner", pack.Text{VI: "Vượt quá phạm vi thỏa thuận với đối tác.", EN: "Beyond the agreement with the partner."}},
	NotSteady:    {"step-up", pack.Text{VI: "Dữ liệu dùng riêng trở lên cần xác thực bằng khóa truy cập (passkey) trong vài phút gần đây.", EN: "Internal data and above need a passkey shown within minutes."}},
	NotActive:    {"pap", pack.Text{VI: "Nhãn PAP không cho phép biện pháp chủ động.", EN: "The PAP label does not permit active measures."}},
	NotTier:      {"tier", pack.Text{VI: "Mức chia sẻ này không dành cho vai trò và tổ chức của bạn.", EN: "This tier does not admit your role and organisation."}},
	NotAudience:  {"audience", pack.Text{VI: "Nhãn không nêu tên bạn, tổ chức hoặc cộng đồng của bạn.", EN: "The label names neither you nor your organisation or community."}},
	NotYours:     {"not-yours", pack.Text{VI: "Bên bị ảnh hưởng không thuộc tổ chức của bạn.", EN: "The affected side is not your organisation's."}},
	NotFollowed:  {"not-followed", pack.Text{VI: "Không thuộc lĩnh vực hoặc loại sự cố mà bạn theo dõi.", EN: "Of no sector or kind that you follow."}},
	NotDelivered: {"not-delivered", pack.Text{VI: "Nguồn tin chưa cho phép chuyển loại dữ liệu này cho tổ chức bị ảnh hưởng.", EN: "The source has not permitted delivery of such data to the organisations concerned."}},
	NotOpenInput: {"not-open", pack.Text{VI: "Nguồn tin chưa đồng ý cho tính vào số liệu công bố.", EN: "The source has not agreed to open figures."}},
	NotRecords:   {"no-records", pack.Text{VI: "Vai trò của bạn không đọc bản ghi.", EN: "Your roles read no records."}},
}

// Code gives the word for a reason in interfaces and logs.
func (r Reason) Code() string { return reasonTexts[r].code }

// Text gives the reason in both languages.
func (r Reason) Text() pack.Text { return reasonTexts[r].text }

func (r Reason) String() string { return r.Code() }
