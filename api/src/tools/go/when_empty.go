// Prints what Go's encoder of JSON does with the fields of Kubernetes' types in which there is nothing: the lines of
// kubernetes-1.36.empty. It asks upstream's own types, which Debian has as packages:
//
//	apt-get install golang-go golang-k8s-client-go-dev golang-k8s-apiextensions-apiserver-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode go run when_empty.go kubernetes-1.36.table >lines
package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// By the names that the OpenAPI document has for them.
var marked = map[string][]string{}
var seen = map[reflect.Type]bool{}

func definition(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	path[0] = "io.k8s"
	return strings.Join(append(path, t.Name()), ".")
}

func mark(f reflect.StructField, options []string) string {
	omitempty, omitzero := false, false
	for _, o := range options {
		omitempty = omitempty || o == "omitempty"
		omitzero = omitzero || o == "omitzero"
	}
	switch kind := f.Type.Kind(); {
	case kind == reflect.Ptr && omitempty:
		return "*"
	case kind == reflect.Struct && !omitzero:
		return "="
	case omitempty || omitzero:
		return ""
	case kind == reflect.Ptr, kind == reflect.Slice, kind == reflect.Map, kind == reflect.Interface:
		return "~"
	default:
		return "="
	}
}

func fields(t reflect.Type) (out []string) {
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("json"), ",")
		if tag[0] == "-" {
			continue
		}
		walk(f.Type)
		if tag[0] != "" {
			if m := mark(f, tag[1:]); m != "" {
				out = append(out, m+tag[0])
			}
		} else if inline := f.Type; inline.Kind() == reflect.Struct {
			out = append(out, fields(inline)...)
		} else if inline.Kind() == reflect.Ptr {
			out = append(out, fields(inline.Elem())...)
		}
	}
	sort.Strings(out)
	return out
}

func walk(t reflect.Type) {
	for t.Kind() == reflect.Ptr || t.Kind() == reflect.Slice || t.Kind() == reflect.Map || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && !seen[t] && strings.HasPrefix(t.PkgPath(), "k8s.io/") {
		seen[t] = true
		marked[definition(t)] = fields(t)
	}
}

func main() {
	if err := extensions.AddToScheme(scheme.Scheme); err != nil {
		panic(err)
	}
	for _, t := range scheme.Scheme.AllKnownTypes() {
		walk(t)
	}
	table, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "T" || strings.HasSuffix(words[1], "List") {
			continue
		}
		if marks, known := marked[words[1]]; known {
			fmt.Println(strings.Join(append([]string{strings.TrimPrefix(words[1], "io.k8s.")}, marks...), " "))
		}
	}
}
