// Lists tars as Go's archive/tar sees them, for the tests to compare with.
//
// Standard input holds tars, each behind its length as 4 bytes, little-endian;
// standard output gets a line of JSON for each. Contents of more than 8 MiB are
// skipped instead of read.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"
	"time"
)

type entry struct {
	Name    string            `json:"name"`
	Link    string            `json:"link"`
	Type    int               `json:"type"`
	Numbers []string          `json:"numbers"` // size, mode, uid, gid, device major, minor
	Times   []string          `json:"times"`   // modified, accessed, changed
	Pax     map[string]string `json:"pax"`
	Content string            `json:"content"` // SHA-256, empty where skipped or empty
}

type listing struct {
	Entries []entry `json:"entries"`
	Error   string  `json:"error"`
}

func text(n int64) string { return strconv.FormatInt(n, 10) }

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return text(t.Unix()) + "." + strconv.Itoa(t.Nanosecond())
}

func class(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return ""
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.Is(err, tar.ErrFieldTooLong), err.Error() == "archive/tar: sparse map too long":
		return "does-not-fit"
	}
	return "malformed"
}

func list(r *tar.Reader) (out listing) {
	out.Entries = []entry{}
	for {
		h, err := r.Next()
		if err != nil {
			out.Error = class(err)
			return out
		}
		e := entry{
			Name: hex.EncodeToString([]byte(h.Name)), Link: hex.EncodeToString([]byte(h.Linkname)), Type: int(h.Typeflag),
			Numbers: []string{text(h.Size), text(h.Mode), text(int64(h.Uid)), text(int64(h.Gid)), text(h.Devmajor), text(h.Devminor)},
			Times:   []string{when(h.ModTime), when(h.AccessTime), when(h.ChangeTime)},
			Pax:     map[string]string{},
		}
		for k, v := range h.PAXRecords {
			e.Pax[hex.EncodeToString([]byte(k))] = hex.EncodeToString([]byte(v))
		}
		if h.Size <= 8<<20 {
			hash := sha256.New()
			n, err := io.Copy(hash, r)
			if n > 0 {
				e.Content = hex.EncodeToString(hash.Sum(nil))
			}
			if err != nil {
				out.Entries = append(out.Entries, e)
				out.Error = class(err)
				return out
			}
		}
		out.Entries = append(out.Entries, e)
	}
}

func main() {
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	lines := json.NewEncoder(out)
	for {
		var size uint32
		if binary.Read(in, binary.LittleEndian, &size) != nil {
			return
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(in, data); err != nil {
			panic(err)
		}
		// A plain reader: what can seek is read in another way.
		if err := lines.Encode(list(tar.NewReader(struct{ io.Reader }{bytes.NewReader(data)}))); err != nil {
			panic(err)
		}
	}
}
