/**
 * Priority and fairness (KEP-1040): every request belongs to a flow of a priority level. A level
 * lets so many requests run at once and borrows what others do not need; what has to wait waits in
 * queues dealt by shuffle sharding, so that one flow that floods does not keep out the others.
 */
@NullMarked
package dev.coracle.apiserver.internal.flowcontrol;

import org.jspecify.annotations.NullMarked;
