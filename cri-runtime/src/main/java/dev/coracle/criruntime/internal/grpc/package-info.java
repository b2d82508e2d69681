/**
 * The CRI services: what arrives over gRPC is checked here and handed to sandboxes, containers and
 * images.
 */
@NullMarked
package dev.coracle.criruntime.internal.grpc;

import org.jspecify.annotations.NullMarked;
