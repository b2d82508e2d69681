/** Plugins of nodes for tests: they speak the real protocols over real sockets. */
package dev.coracle.kubelet.plugin;
