package decode_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"tqmap/engine/decode"
)

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// bz is the text "tqmap\n" in bzip2, which the standard library cannot write.
var bz = mustBase64("QlpoOTFBWSZTWRiD31UAAALBgAAQIAJkACAAIYAMAkt24u5IpwoSAxB76qA=")

func mustBase64(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func inflate(b []byte, limits decode.Limits, layers ...decode.Packing) ([]byte, error) {
	r, err := decode.Unpack(bytes.NewReader(b), limits, layers...)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func TestUnpack(t *testing.T) {
	text := []byte("tqmap\n")
	tests := []struct {
		name   string
		in     []byte
		layers []decode.Packing
		want   []byte
	}{
		{"plain", text, nil, text},
		{"empty", nil, nil, nil},
		{"gzip", gz(text), nil, text},
		{"gzip by name", gz(text), []decode.Packing{decode.Gzip}, text},
		{"gzip of nothing", gz(nil), nil, nil},
		{"two gzip members", append(gz(text), gz(text)...), nil, []byte("tqmap\ntqmap\n")},
		{"bzip2", bz, nil, text},
		{"bzip2 by name", bz, []decode.Packing{decode.Bzip2}, text},
		{"three layers", gz(gz(gz(text))), nil, text},
		{"two kinds", gz(bz), nil, text},
		{"two kinds by name", gz(bz), []decode.Packing{decode.Gzip, decode.Bzip2}, text},
		{"only the layers named", gz(gz(text)), []decode.Packing{decode.Gzip}, gz(text)},
		{"text that starts like bzip2", []byte("BZh9 is how bzip2 starts"), nil, []byte("BZh9 is how bzip2 starts")},
		{"repetitive but small", gz(make([]byte, 1<<20)), nil, make([]byte, 1<<20)},
	}
	for _, tt := range tests {
		got, err := inflate(tt.in, decode.Limits{}, tt.layers...)
		if err != nil || !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %d bytes, %v", tt.name, len(got), err)
		}
		r, err := decode.Unpack(iotest.OneByteReader(bytes.NewReader(tt.in)), decode.Limits{}, tt.layers...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, tt.want) {
			t.Errorf("%s, streamed: %d bytes, %v", tt.name, len(got), err)
		}
	}
}

func TestUnpackRefusals(t *testing.T) {
	text := []byte(strings.Repeat("some text\n", 10))
	damaged := gz(text)
	damaged[len(damaged)-5] ^= 1 // of the checksum
	tests := []struct {
		name   string
		in     []byte
		limits decode.Limits
		layers []decode.Packing
		text   string
		is     error
	}{
		{"bomb", gz(make([]byte, 4<<20)), decode.Limits{}, nil, "the body unpacks to more than 200 times its size", decode.ErrLimit},
		{"bomb in a bomb", gz(gz(make([]byte, 4<<20))), decode.Limits{MaxRatio: 2000}, nil, "the body unpacks to more than 2000 times its size", decode.ErrLimit},
		{"too long", gz(text), decode.Limits{MaxBytes: 99}, nil, "the body is longer than 99 bytes", decode.ErrLimit},
		{"plain, too long", text, decode.Limits{MaxBytes: 99}, nil, "the body is longer than 99 bytes", decode.ErrLimit},
		{"four layers", gz(gz(gz(gz(text)))), decode.Limits{}, nil, "the body is packed more than 3 times", decode.ErrLimit},
		{"cut off", gz(text)[:20], decode.Limits{}, nil, "gzip: the packed data ends early (byte 20); the answer was cut off: ask again", io.ErrUnexpectedEOF},
		{"cut off in the header", gz(text)[:5], decode.Limits{}, nil, "the packed data ends early", io.ErrUnexpectedEOF},
		{"bzip2 cut off", bz[:20], decode.Limits{}, nil, "the packed data ends early", io.ErrUnexpectedEOF},
		{"empty by name", nil, decode.Limits{}, []decode.Packing{decode.Gzip}, "the packed data ends early", io.ErrUnexpectedEOF},
		{"damaged", damaged, decode.Limits{}, nil, "the packed data is damaged", gzip.ErrChecksum},
		{"plain by name", text, decode.Limits{}, []decode.Packing{decode.Gzip}, "this is no gzip data, or it is damaged", gzip.ErrHeader},
		{"plain as bzip2", text, decode.Limits{}, []decode.Packing{decode.Bzip2}, "this is no bzip2 data, or it is damaged", nil},
		{"unknown", text, decode.Limits{}, []decode.Packing{"zip"}, `packing: there is no "zip"; there are gzip and bzip2`, nil},
	}
	for _, tt := range tests {
		got, err := inflate(tt.in, tt.limits, tt.layers...)
		var e *decode.Error
		if got != nil || !errors.As(err, &e) || !strings.Contains(err.Error(), tt.text) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %d bytes, %v", tt.name, len(got), err)
		}
	}
}
