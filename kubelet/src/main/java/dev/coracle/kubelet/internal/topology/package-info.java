/**
 * From which NUMA nodes a container has what it has alone (KEP-693): the machine's nodes, what
 * those that give CPUs, devices and memory could do, and what is best for all of them.
 */
@NullMarked
package dev.coracle.kubelet.internal.topology;

import org.jspecify.annotations.NullMarked;
