/**
 * Kubernetes' protobuf encoding, read and written by a table of field numbers: the same trees as
 * JSON.
 */
@NullMarked
package dev.coracle.apiserver.internal.protobuf;

import org.jspecify.annotations.NullMarked;
