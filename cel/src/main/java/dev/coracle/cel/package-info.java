/**
 * The Common Expression Language as Kubernetes has it (Kubernetes docs, "Common Expression Language
 * in Kubernetes"): compiling, evaluating within a budget, Kubernetes' own functions, and what a
 * JSON tree is in CEL. The engine's classes are loaded when the first expression is compiled.
 */
@NullMarked
package dev.coracle.cel;

import org.jspecify.annotations.NullMarked;
