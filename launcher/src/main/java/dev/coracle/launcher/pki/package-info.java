/**
 * The cluster's own certificates: one CA, and a key with a certificate for every server and every
 * identity of the process. Made once, kept in the data directory with mode 0600, renewed when they
 * near their end.
 */
@NullMarked
package dev.coracle.launcher.pki;

import org.jspecify.annotations.NullMarked;
