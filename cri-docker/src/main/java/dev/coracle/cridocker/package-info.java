/**
 * The Docker Engine as a CRI runtime: a CRI v1 server on a UNIX socket that speaks the Docker
 * Engine API to a daemon of this machine, as dockershim did.
 *
 * <p>{@link dev.coracle.cridocker.DockerRuntime} is the door.
 */
@NullMarked
package dev.coracle.cridocker;

import org.jspecify.annotations.NullMarked;
