// SPDX-License-Identifier: Apache-2.0

package app

// Who says who may ask a route. What the answer holds is decided by classify;
// this only says whom a route is for.
type Who string

// Kinds of askers, from the open to the closed.
const (
	Everybody  Who = "everybody"     // no sign-in; while the portal is not public, operators
	Sensors    Who = "sensors"       // a sensor's token
	SenderOnly Who = "sender"        // the sensor that sent it, or an operator
	SignedIn   Who = "signed in"     // any person with a session or token
	Members    Who = "members"       // acting for an organisation
	Analysts   Who = "analysts"      // of the national centre
	Operators  Who = "operators"     // run the observatory
	Auditors   Who = "auditors"      // read the audit log
	Monitoring Who = "this machine"  // without sign-in on loopback; else operators
	Invited    Who = "link's holder" // a one-time link is the key
)

// Access is one route's entry in the access matrix.
type Access struct {
	Who  Who
	What string // what it gives or does
}

// Matrix is the access matrix: every route that the observatory answers. A test
// takes the routes from the router itself and fails on one without an entry.
var Matrix = map[string]Access{
	"/api/v1/ingest/{format}": {Sensors, "takes records"},
	"/api/v1/heartbeat":       {Sensors, "takes heartbeats of participants"},
	"elastic bulk":            {Sensors, "takes records; answers shippers' probes"},

	"GET /api/v1/now":                       {Everybody, "the public picture of today"},
	"GET /api/v1/stats/{figure}":            {Everybody, "declared tables of figures one can cite"},
	"GET /api/v1/stats/{figure}/{version}":  {Everybody, "the same by a named version of the definition"},
	"POST /api/v1/cite":                     {Everybody, "gives a figure an address of its own; so many an hour"},
	"GET /api/v1/openapi.json":              {Everybody, "the description of the interface"},
	"GET /api/v1/openapi.yaml":              {Everybody, "the same as YAML"},
	"GET /api/v1/openapi-3.0.json":          {Everybody, "the same for older tools"},
	"GET /api/v1/openapi-3.0.yaml":          {Everybody, "the same for older tools"},
	"GET /api/v1/events":                    {Analysts, "records, as far as the viewer may see them"},
	"GET /api/v1/events/count":              {Analysts, "counts of the same records"},
	"GET /api/v1/events/aggregate":          {Analysts, "counts of the same records by fields"},
	"GET /api/v1/rollups":                   {Analysts, "counts of any period from memory"},
	"GET /api/v1/batches/{batch}":           {SenderOnly, "what became of a batch"},
	"GET /api/v1/quarantine":                {Operators, "quarantined records"},
	"GET /api/v1/sensors":                   {Operators, "how the sensors are"},
	"GET /api/v1/sensors/{name}/accounting": {Operators, "accounting of a sensor by hour"},

	"GET /f/{id}":                           {Everybody, "a cited figure"},
	"POST /f/{$}":                           {Everybody, "cites a figure; so many an hour"},
	"/f/":                                   {Everybody, "no such page"},
	"GET /.well-known/haidang/figures.json": {Everybody, "public keys that cited figures are signed with"},
	"GET /vi/chuoi-so-lieu":                 {Everybody, "series that others published"},
	"GET /en/series":                        {Everybody, "series that others published"},
	"GET /vi/chuoi-so-lieu/{id}":            {Everybody, "one of them"},
	"GET /en/series/{id}":                   {Everybody, "one of them"},

	"GET /.well-known/haidang/checkpoint": {Everybody, "the audit log's newest signed checkpoint: a size and a hash"},

	"/live":        {Everybody, "the public picture as it changes"},
	"GET /healthz": {Everybody, "whether the process answers"},
	"GET /readyz":  {Everybody, "named warnings, without names of sensors"},
	"GET /metrics": {Monitoring, "metrics for Prometheus"},

	"GET /vi/dang-nhap":                     {Everybody, "where people sign in"},
	"GET /en/sign-in":                       {Everybody, "where people sign in"},
	"GET /vi/tai-khoan":                     {SignedIn, "a person's own account"},
	"GET /en/account":                       {SignedIn, "a person's own account"},
	"GET /vi/tai-khoan/xac-nhan":            {SignedIn, "confirmation by passkey"},
	"GET /en/account/confirm":               {SignedIn, "confirmation by passkey"},
	"GET /account/link/{secret}":            {Invited, "what a one-time link is for"},
	"POST /account/link":                    {Invited, "lets in who holds a one-time link"},
	"POST /account/oidc/{provider}":         {Everybody, "to a provider"},
	"GET /account/oidc/{provider}/callback": {Everybody, "back from a provider"},
	"POST /account/passkey/begin":           {Everybody, "a passkey's question"},
	"POST /account/passkey/finish":          {Everybody, "a passkey's answer"},
	"POST /account/sign-out":                {SignedIn, "ends the session"},
	"POST /account/sessions/end":            {SignedIn, "ends one of the person's sessions"},
	"POST /account/tokens/create":           {SignedIn, "makes a token"},
	"POST /account/tokens/revoke":           {SignedIn, "revokes a token"},
	"POST /account/passkeys/remove":         {SignedIn, "removes a passkey"},
	"POST /account/subjects/remove":         {SignedIn, "removes an account at a provider"},
	"POST /account/profile":                 {SignedIn, "name, address, languages"},
	"/account/":                             {Everybody, "no such page"},

	"GET /vi/toi":              {Members, "own incidents, or one of them"},
	"GET /en/my":               {Members, "own incidents, or one of them"},
	"POST /vi/toi/trang-thai":  {Members, "says what became of an own incident"},
	"POST /en/my/status":       {Members, "says what became of an own incident"},
	"GET /vi/toi/cong-dong":    {Members, "others' incidents of the sector, without who they are"},
	"GET /en/my/community":     {Members, "others' incidents of the sector, without who they are"},
	"GET /vi/toi/thong-bao":    {Members, "whom the organisation wants to be told"},
	"GET /en/my/notices":       {Members, "whom the organisation wants to be told"},
	"POST /vi/toi/thong-bao":   {Members, "changes that; stewards only"},
	"POST /en/my/notices":      {Members, "changes that; stewards only"},
	"GET /vi/toi/don-vi":       {Members, "people and networks of the own organisation"},
	"GET /en/my/organisation":  {Members, "people and networks of the own organisation"},
	"POST /vi/toi/don-vi":      {Members, "invites, ends access, claims and proves networks; stewards only"},
	"POST /en/my/organisation": {Members, "invites, ends access, claims and proves networks; stewards only"},
	"GET /vi/toi/xuat/{file}":  {Members, "own incidents as CSV or JSON"},
	"GET /en/my/export/{file}": {Members, "own incidents as CSV or JSON"},
	"/vi/toi/":                 {Everybody, "no such page"},
	"/en/my/":                  {Everybody, "no such page"},

	"GET /vi/ban-phan-tich":                        {Analysts, "the analyst's desk: search"},
	"GET /vi/ban-cong-bo":                          {Analysts, "the release desk: what everybody sees"},
	"GET /en/release":                              {Analysts, "the release desk: what everybody sees"},
	"POST /vi/ban-cong-bo/rule":                    {Analysts, "decides on a block"},
	"POST /en/release/rule":                        {Analysts, "decides on a block"},
	"POST /vi/ban-cong-bo/approve":                 {Analysts, "approves a period"},
	"POST /en/release/approve":                     {Analysts, "approves a period"},
	"POST /vi/ban-cong-bo/revoke":                  {Analysts, "takes an approval back"},
	"POST /en/release/revoke":                      {Analysts, "takes an approval back"},
	"POST /vi/ban-cong-bo/early":                   {Analysts, "names early readers"},
	"POST /en/release/early":                       {Analysts, "names early readers"},
	"POST /vi/ban-cong-bo/plan":                    {Analysts, "adds to the release calendar"},
	"POST /en/release/plan":                        {Analysts, "adds to the release calendar"},
	"POST /vi/ban-cong-bo/strike":                  {Analysts, "strikes off the calendar"},
	"POST /en/release/strike":                      {Analysts, "strikes off the calendar"},
	"POST /vi/ban-cong-bo/correct":                 {Analysts, "publishes a correction"},
	"POST /en/release/correct":                     {Analysts, "publishes a correction"},
	"POST /vi/ban-cong-bo/hold":                    {Analysts, "holds the live pages"},
	"POST /en/release/hold":                        {Analysts, "holds the live pages"},
	"GET /en/desk":                                 {Analysts, "the analyst's desk: search"},
	"GET /vi/ban-phan-tich/ban-ghi/{id}":           {Analysts, "one record, and its raw line for who sees all of it"},
	"GET /en/desk/records/{id}":                    {Analysts, "one record, and its raw line for who sees all of it"},
	"GET /vi/ban-phan-tich/to-chuc":                {Analysts, "organisations"},
	"GET /en/desk/organisations":                   {Analysts, "organisations"},
	"POST /vi/ban-phan-tich/to-chuc":               {Analysts, "makes an organisation"},
	"POST /en/desk/organisations":                  {Analysts, "makes an organisation"},
	"GET /vi/ban-phan-tich/to-chuc/{id}":           {Analysts, "one organisation"},
	"GET /en/desk/organisations/{id}":              {Analysts, "one organisation"},
	"POST /vi/ban-phan-tich/to-chuc/{id}/networks": {Analysts, "claims, confirms or refuses a network"},
	"POST /en/desk/organisations/{id}/networks":    {Analysts, "claims, confirms or refuses a network"},
	"POST /vi/ban-phan-tich/to-chuc/{id}/details":  {Analysts, "changes what is known of an organisation"},
	"POST /en/desk/organisations/{id}/details":     {Analysts, "changes what is known of an organisation"},
	"POST /vi/ban-phan-tich/to-chuc/{id}/state":    {Analysts, "disables an organisation, or enables it again"},
	"POST /en/desk/organisations/{id}/state":       {Analysts, "disables an organisation, or enables it again"},
	"POST /vi/ban-phan-tich/to-chuc/{id}/contacts": {Analysts, "adds or removes a contact"},
	"POST /en/desk/organisations/{id}/contacts":    {Analysts, "adds or removes a contact"},
	"GET /vi/ban-phan-tich/nhap":                   {Analysts, "import of organisations"},
	"GET /en/desk/import":                          {Analysts, "import of organisations"},
	"POST /vi/ban-phan-tich/nhap":                  {Analysts, "tries or makes an import"},
	"POST /en/desk/import":                         {Analysts, "tries or makes an import"},
	"GET /vi/ban-phan-tich/chay-thu":               {Analysts, "who would have been told"},
	"GET /en/desk/dry-run":                         {Analysts, "who would have been told"},
	"GET /vi/ban-phan-tich/cach-ly":                {Operators, "quarantined records"},
	"GET /en/desk/quarantine":                      {Operators, "quarantined records"},
	"POST /vi/ban-phan-tich/cach-ly":               {Operators, "sends quarantined records again"},
	"POST /en/desk/quarantine":                     {Operators, "sends quarantined records again"},
	"GET /vi/nhat-ky":                              {Auditors, "the audit log"},
	"GET /en/audit":                                {Auditors, "the audit log"},

	"/":                       {Everybody, "no such page"},
	"/assets/":                {Everybody, "scripts, styles, map"},
	"GET /{$}":                {Everybody, "to the reader's language"},
	"GET /vi":                 {Everybody, "to the first page"},
	"GET /en":                 {Everybody, "to the first page"},
	"GET /vi/{$}":             {Everybody, "the first page"},
	"GET /en/{$}":             {Everybody, "the first page"},
	"GET /vi/qua-may-dat-tai": {Everybody, "hosting countries"},
	"GET /en/hosting":         {Everybody, "hosting countries"},
	"GET /vi/do-phu":          {Everybody, "coverage"},
	"GET /en/coverage":        {Everybody, "coverage"},
	"GET /vi/dinh-nghia":      {Everybody, "definitions"},
	"GET /en/definitions":     {Everybody, "definitions"},
	"GET /vi/tai-lieu/":       {Everybody, "documentation"},
	"GET /en/docs/":           {Everybody, "documentation"},
	"GET /vi/words":           {Everybody, "words for scripts"},
	"GET /en/words":           {Everybody, "words for scripts"},
	"POST /theme":             {Everybody, "keeps the choice of light or dark"},
	"GET /data/{file}":        {Everybody, "the public picture's tables"},
	"GET /robots.txt":         {Everybody, "what crawlers need not fetch"},

	"GET /vi/so-lieu":                   {Everybody, "figures of the home country by period"},
	"GET /en/figures":                   {Everybody, "figures of the home country by period"},
	"GET /vi/quoc-gia":                  {Everybody, "to the home country"},
	"GET /en/country":                   {Everybody, "to the home country"},
	"GET /vi/quoc-gia/{code}":           {Everybody, "figures of one country"},
	"GET /en/country/{code}":            {Everybody, "figures of one country"},
	"GET /vi/loai-hinh":                 {Everybody, "kinds of attacks by period"},
	"GET /en/kinds":                     {Everybody, "kinds of attacks by period"},
	"GET /vi/loai-hinh/{class}/{type}":  {Everybody, "one kind of attacks"},
	"GET /en/kinds/{class}/{type}":      {Everybody, "one kind of attacks"},
	"GET /vi/con-duong":                 {Everybody, "ways of attacks by period"},
	"GET /en/ways":                      {Everybody, "ways of attacks by period"},
	"GET /vi/con-duong/{class}":         {Everybody, "one way of attacks"},
	"GET /en/ways/{class}":              {Everybody, "one way of attacks"},
	"GET /vi/qua-may-dat-tai/theo-ky":   {Everybody, "hosting countries by period"},
	"GET /en/hosting/by-period":         {Everybody, "hosting countries by period"},
	"GET /vi/linh-vuc":                  {Everybody, "sectors by day, once they are open"},
	"GET /en/sectors":                   {Everybody, "sectors by day, once they are open"},
	"GET /vi/so-sanh":                   {Everybody, "two periods or two countries side by side"},
	"GET /en/compare":                   {Everybody, "two periods or two countries side by side"},
	"GET /vi/dot-tang-vot":              {Everybody, "days that stand out"},
	"GET /en/surges":                    {Everybody, "days that stand out"},
	"GET /embed/vi/{form}/{figure}":     {Everybody, "one figure in a frame"},
	"GET /embed/en/{form}/{figure}":     {Everybody, "one figure in a frame"},
	"GET /chart/vi/{form}/{figure}":     {Everybody, "one figure's chart as SVG"},
	"GET /chart/en/{form}/{figure}":     {Everybody, "one figure's chart as SVG"},
	"GET /data/figures/{form}/{figure}": {Everybody, "one figure as CSV or JSON"},

	"GET /vi/dinh-nghia/{name}":            {Everybody, "to a definition's newest version"},
	"GET /en/definitions/{name}":           {Everybody, "to a definition's newest version"},
	"GET /vi/dinh-nghia/{name}/{version}":  {Everybody, "one definition"},
	"GET /en/definitions/{name}/{version}": {Everybody, "one definition"},
}
