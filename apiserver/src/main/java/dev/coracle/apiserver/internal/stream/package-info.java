/** Requests handed on to kubelets, pods and services, among them upgraded connections. */
@NullMarked
package dev.coracle.apiserver.internal.stream;

import org.jspecify.annotations.NullMarked;
