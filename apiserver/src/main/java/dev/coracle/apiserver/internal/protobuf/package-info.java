/** Kubernetes' protobuf encoding, read by a table of field numbers into the same trees as JSON. */
@NullMarked
package dev.coracle.apiserver.internal.protobuf;

import org.jspecify.annotations.NullMarked;
