// SPDX-License-Identifier: Apache-2.0

package parquetfile

import (
	"bytes"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// headerWriter marshals page headers, reusing its buffer.
type headerWriter struct {
	buf bytes.Buffer
	enc *thrift.Encoder
}

func (h *headerWriter) init() {
	var p thrift.CompactProtocol
	h.enc = thrift.NewEncoder(p.NewWriter(&h.buf))
}

func (h *headerWriter) marshal(header *format.PageHeader) ([]byte, error) {
	h.buf.Reset()
	err := h.enc.Encode(header)
	return h.buf.Bytes(), err
}
