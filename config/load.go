// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Load gives the defaults, overridden by the file (none if path is empty) and
// then by the environment (as os.Environ gives it), checked.
func Load(path string, environ []string) (Config, error) {
	c := Default()
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("configuration: %w", err)
		}
		if err := Parse(raw, &c); err != nil {
			return c, fmt.Errorf("configuration %s: %w", path, err)
		}
	}
	if err := Environment(environ, &c); err != nil {
		return c, err
	}
	return c, c.Check()
}

// Parse reads YAML over c. Unknown and repeated fields are errors that name
// their line.
func Parse(raw []byte, c *Config) error {
	if strings.TrimSpace(string(raw)) == "" {
		return nil
	}
	err := yaml.Load(raw, c, yaml.WithKnownFields())
	if err == nil {
		return nil
	}
	var many *yaml.LoadErrors
	if errors.As(err, &many) {
		return fmt.Errorf("%w; `haidang config show` prints every field with its default", err)
	}
	return err
}

// Environment reads HAIDANG_… variables over c. A variable that names no field
// is an error, so that a typing mistake is not silently ignored; HAIDANG_CORPUS
// belongs to the tests and is passed over.
func Environment(environ []string, c *Config) error {
	fields := map[string]reflect.Value{}
	collect("HAIDANG", reflect.ValueOf(c).Elem(), fields)
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "HAIDANG_") || notOurs[name] {
			continue
		}
		f, ok := fields[name]
		if !ok {
			return fmt.Errorf("environment: %s names no setting; `haidang config show` lists them", name)
		}
		if err := set(f, value); err != nil {
			return fmt.Errorf("environment: %s: %w", name, err)
		}
	}
	return nil
}

// notOurs are variables that share the prefix but are no settings of the
// observatory: what client commands and tests read.
var notOurs = map[string]bool{
	"HAIDANG_CONFIG": true, "HAIDANG_TO": true, "HAIDANG_TOKEN": true, "HAIDANG_TOKEN_FILE": true,
	"HAIDANG_CA": true, "HAIDANG_SENSOR_STATE": true, "HAIDANG_CORPUS": true, "HAIDANG_AXE": true,
	"HAIDANG_LOOK": true, "HAIDANG_SCREENS": true, "HAIDANG_READERS": true, "HAIDANG_PROFILE": true,
	"HAIDANG_PROFILE_ENCODING": true, "HAIDANG_PROFILE_RECORDS": true, "HAIDANG_LEAK_PAIRS": true,
	"HAIDANG_ORACLE_FIGURES": true, "HAIDANG_MUTANTS": true,
	"HAIDANG_ORACLE_SEED": true,
}

func collect(prefix string, v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		name := prefix + "_" + strings.ToUpper(v.Type().Field(i).Tag.Get("yaml"))
		if f := v.Field(i); f.Kind() == reflect.Struct {
			collect(name, f, into)
		} else {
			into[name] = f
		}
	}
}

func set(f reflect.Value, value string) error {
	if u, ok := f.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(value))
	}
	switch p := f.Addr().Interface().(type) {
	case *string:
		*p = value
	case *[]string:
		*p = strings.Fields(strings.ReplaceAll(value, ",", " "))
	case *[]int:
		*p = nil
		for _, word := range strings.Fields(strings.ReplaceAll(value, ",", " ")) {
			n, err := strconv.Atoi(word)
			if err != nil {
				return fmt.Errorf("%q is not a whole number", word)
			}
			*p = append(*p, n)
		}
	case *bool:
		b, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", value)
		}
		*p = b
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
		*p = n
	case *float64:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", value)
		}
		*p = n
	case *time.Duration:
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is not a duration; write it as 90s or 168h", value)
		}
		*p = d
	default:
		return fmt.Errorf("cannot be set from the environment")
	}
	return nil
}

// Show writes the settings as YAML.
func (c Config) Show() ([]byte, error) { return yaml.Dump(c) }
