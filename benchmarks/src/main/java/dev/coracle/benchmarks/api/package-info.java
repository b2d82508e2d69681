/** The API server over HTTPS, beside bare puts, gets and ranges on a real etcd. */
@NullMarked
package dev.coracle.benchmarks.api;

import org.jspecify.annotations.NullMarked;
