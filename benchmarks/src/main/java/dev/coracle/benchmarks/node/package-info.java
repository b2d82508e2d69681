/** The node: pods by the kubelet beside bare containers of the same image. */
@NullMarked
package dev.coracle.benchmarks.node;

import org.jspecify.annotations.NullMarked;
