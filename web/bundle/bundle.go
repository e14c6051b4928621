// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Build bundles the source folder and gives dist's files by name.
func Build(src string) (map[string][]byte, error) {
	abs, err := filepath.Abs(src)
	if err != nil {
		return nil, err
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     abs,
		EntryPoints:       []string{"app.ts", "app.css"},
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		Target:            api.ES2020,
		Format:            api.FormatIIFE,
		LegalComments:     api.LegalCommentsNone,
		Outdir:            filepath.Join(abs, "out"),
		Write:             false,
	})
	if len(result.Errors) > 0 {
		return nil, failure(result.Errors)
	}
	out, names := map[string][]byte{}, map[string]string{}
	add := func(name string, data []byte) {
		sum := sha256.Sum256(data)
		ext := filepath.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:5]) + ext
		out[hashed], names[name] = data, hashed
	}
	for _, f := range result.OutputFiles {
		add(filepath.Base(f.Path), f.Contents)
	}
	for _, name := range []string{"icon.svg"} {
		data, err := os.ReadFile(filepath.Join(src, name))
		if err != nil {
			return nil, err
		}
		add(name, data)
	}
	manifest, err := json.MarshalIndent(names, "", "  ")
	if err != nil {
		return nil, err
	}
	out["manifest.json"] = append(manifest, '\n')
	return out, nil
}

func failure(messages []api.Message) error {
	var all []error
	for _, m := range messages {
		if l := m.Location; l != nil {
			all = append(all, fmt.Errorf("%s:%d: %s", l.File, l.Line, m.Text))
			continue
		}
		all = append(all, errors.New(m.Text))
	}
	return errors.Join(all...)
}
