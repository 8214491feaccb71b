#ifndef NESTBOX_CFCGI_SHIM_H
#define NESTBOX_CFCGI_SHIM_H

#include <fcgiapp.h>

#endif
