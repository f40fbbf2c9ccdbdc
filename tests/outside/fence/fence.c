/* The same fence for compiled libraries, loaded before them: ONNX Runtime, OpenCV and dlib
   reach the network, if they do, through these functions of the C library. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int noted(const char *function, const char *host) {
    FILE *log = fopen(getenv("FENCE_LOG"), "a");
    if (log) { fprintf(log, "%s %s\n", function, host); fclose(log); }
    errno = ENETUNREACH;
    return -1;
}

static int is_here(const struct sockaddr *address, char *text) {
    if (address->sa_family == AF_INET) {
        const struct in_addr *ip = &((const struct sockaddr_in *)address)->sin_addr;
        inet_ntop(AF_INET, ip, text, INET6_ADDRSTRLEN);
        return (ntohl(ip->s_addr) >> 24) == 127 || ip->s_addr == INADDR_ANY;
    }
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
        inet_ntop(AF_INET6, ip, text, INET6_ADDRSTRLEN);
        return IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_UNSPECIFIED(ip);
    }
    return 1;
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
    char text[INET6_ADDRSTRLEN];
    if (!is_here(address, text)) return noted("connect", text);
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    return real(socket, address, length);
}

ssize_t sendto(int socket, const void *data, size_t size, int flags,
               const struct sockaddr *address, socklen_t length) {
    char text[INET6_ADDRSTRLEN];
    if (address && !is_here(address, text)) return noted("sendto", text);
    ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
        dlsym(RTLD_NEXT, "sendto");
    return real(socket, data, size, flags, address, length);
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **found) {
    unsigned char ip[sizeof(struct in6_addr)];
    if (host && strcmp(host, "localhost") && inet_pton(AF_INET, host, ip) != 1 &&
        inet_pton(AF_INET6, host, ip) != 1) {
        noted("getaddrinfo", host);
        return EAI_FAIL;
    }
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, found);
}
