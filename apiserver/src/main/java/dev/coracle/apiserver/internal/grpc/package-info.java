/**
 * Calls of services on UNIX sockets by gRPC, whose messages are few and small and are written by
 * hand.
 */
@NullMarked
package dev.coracle.apiserver.internal.grpc;

import org.jspecify.annotations.NullMarked;
